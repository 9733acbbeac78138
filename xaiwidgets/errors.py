"""The exceptions that a person meets. Each message is one sentence: what was given, what was expected, what to do."""


class XaiError(Exception):
    """Anything that xaiwidgets can say clearly about a request it cannot serve."""


class InputError(XaiError, ValueError):
    """The text, picture, table or array that was given cannot be explained."""


class TargetError(XaiError, ValueError):
    """The target is not one of the model's outputs."""


class MethodError(XaiError, ValueError):
    """The method is unknown, does not fit the model, or was given an option it does not have."""


class ModelError(XaiError, RuntimeError):
    """The model raised, or returned something that cannot be explained."""


class SampleError(XaiError, ImportError):
    """A package that carries a sample model or data set is missing."""
