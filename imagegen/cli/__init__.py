"""The command line: a verb a few lines; click and a verb's module are imported when one is called.

`imagegen --help` costs neither: it is the table below, written out.
"""

from __future__ import annotations

# verb -> its module in this folder, and its line in `imagegen --help`
VERBS = {
    "init": ("init", "Write a commented profile to start from, asking for what it needs to know."),
    "profile": ("profile", "List the profiles that come with imagegen, or print one of them."),
    "check": ("check", "Say all that is wrong with each PROFILE, where, and what to do."),
    "explain": ("explain", "Show the page of a field, a section, a rule or a fact."),
    "schema": ("schema", "Print the JSON Schema of a profile, for editors, or of a verdict."),
    "render": ("render", "Write all files of PROFILE: no tool, no network, no root."),
    "adopt": ("adopt", "Read an existing node's files and write the profile that reproduces it."),
    "diff": ("diff", "Say what changes on a node from OLD to NEW, fact by fact."),
    "build": ("build", "Bake PROFILE into a sealed qcow2 with its sha256 and manifest."),
    "verify": ("verify", "Boot the sealed IMAGE on a throwaway overlay and hear its verdict."),
    "report": ("report", "Write verdicts of one node or of a fleet as one HTML page."),
    "seed": ("verify", "Write the seed of one node: what is its own, not the image's."),
    "base": ("build", "Make the base image of PROFILE from a package mirror."),
    "inputs": ("build", "Bring what `packer build .` needs beside the rendered packer/ folder."),
    "doctor": ("doctor", "Say what this machine lacks for VERB, and which package brings it."),
    "kubernetes": ("build", "Bring kube-proxy and kube-apiserver of PROFILE's version."),
    "completion": ("completion", "Print what makes SHELL complete verbs, options, values and "
                   "files of imagegen."),
}

ABOUT = "One cluster profile in, node images out that boot in IPVS mode and prove it."
EXAMPLES = {
    "imagegen init --yes --name edge": "a profile, as edge.yaml",
    "imagegen check edge.yaml": "everything that is wrong, at once",
    "imagegen render edge.yaml -o out": "every file, to read and to keep",
    "imagegen build edge.yaml -o images": "a sealed image (minutes)",
    "imagegen verify images/edge-….qcow2": "boots it and hears its verdict",
}
CODES = ("Exit codes: 0 good, 1 the node or image is not healthy, 2 the input is wrong, 3 a tool "
         "is missing or failed, 130 interrupted.")
OPTIONS = {"-v, --verbose": "Say on stderr what is read, which file wins, and what is run.",
           "--no-color": "No colours, as with NO_COLOR in the environment.",
           "-V, --version": "Show the version and exit.",
           "-h, --help": "Show this message and exit."}
HELP = ("-h", "--help")


def help_of_all(columns: int = 80) -> str:
    """What `imagegen --help` prints within so many columns, without the last line's end."""
    lines = {verb: line for verb, (_, line) in VERBS.items()}
    return "\n".join(["Usage: imagegen [OPTIONS] COMMAND [ARGS]...", "",
                      *_broken(ABOUT, columns, "  "), "", *_table(EXAMPLES, columns), "",
                      *_broken(CODES, columns, "  "), "",
                      "Options:", *_table(OPTIONS, columns), "",
                      "Commands:", *_table(lines, columns)])


def _table(rows: dict[str, str], columns: int) -> list[str]:
    """Two columns; where the second would be too narrow, it goes under the first."""
    width = max(map(len, rows)) + 4
    lines = []
    for name, text in rows.items():
        if columns - width < 28:
            lines += [f"  {name}", *_broken(text, columns, "      ")]
        else:
            first, *more = _broken(text, columns, " " * width)
            lines += [f"  {name}".ljust(width) + first.lstrip(), *more]
    return lines


def _broken(text: str, columns: int, indent: str) -> list[str]:
    """A text in lines; textwrap would cost as much as all the rest of the help."""
    lines = [indent]
    for word in text.split():
        if len(lines[-1]) > len(indent) and len(lines[-1]) + 1 + len(word) > columns:
            lines.append(indent)
        lines[-1] += word if lines[-1] == indent else f" {word}"
    return lines
