"""Reads Darknet's cfg files: sections of options, in the order of the layers."""


def sections(text):
    """The sections of a cfg in order, as (name, options)."""
    found = []
    for line in text.splitlines():
        line = line.split("#")[0].strip()
        if line.startswith("["):
            found.append((line.strip("[]"), {}))
        elif line:
            key, value = line.split("=", 1)
            found[-1][1][key.strip()] = value.strip()
    return found


def numbers(options, key):
    """The whole numbers of a list option."""
    return [int(part) for part in options[key].split(",")]
