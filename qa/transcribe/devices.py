"""Which GPUs the recogniser can use."""


def count_gpus() -> int:
    """Count the GPUs that CTranslate2 sees; 0 without a driver."""
    import ctranslate2

    try:
        return int(ctranslate2.get_cuda_device_count())
    except RuntimeError:  # a driver that does not fit, or none
        return 0
