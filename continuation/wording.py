"""Words for people: numbers of things in the singular and the plural."""


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun, as "1 set" and "2 sets".

    Parameters
    ----------
    number : int
    noun : str
        In the singular.
    plural : str, optional
        Where an s at the end does not make it.
    """
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
