class ThrottledRetryableChecker:
    _THROTTLED_ERROR_CODES: list[str]
