"""The verb `explain`."""

from __future__ import annotations

from pathlib import Path

import click

from imagegen.cli.common import width


def _complete_names(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """Paths of fields and rules that begin so; else the paths whose last part does."""
    from imagegen.knowledge.pages import rule_pages
    from imagegen.node.pages import pages
    from imagegen.pages.shipped import GUIDES
    from imagegen.pages.walk import fields

    paths = [field.path for field in fields()]
    names = [*paths, *rule_pages(), *(f"check.{rule}" for rule in pages()), "rules", "check.rules",
             *GUIDES]
    wanted = begun.lower()
    found = [name for name in names if name.lower().startswith(wanted)]
    return found or list(dict.fromkeys(
        last for path in paths
        if (last := path.rpartition(".")[2]).lower().startswith(wanted)))


@click.command()
@click.argument("what", metavar="[NAME]", required=False, shell_complete=_complete_names)
@click.option("--profile", type=click.Path(path_type=Path), metavar="PROFILE",
              help="Also show what this profile gives for the field, and in which file and line.")
@click.option("--write", "out", type=click.Path(path_type=Path), metavar="DIR",
              help="Write all pages as Markdown into DIR/fields, DIR/rules and DIR/check instead, "
              "and what verbs need of a machine into DIR/prerequisites.md.")
def explain(what: str | None, profile: Path | None, out: Path | None) -> None:
    """Show the page of a field, a section, a rule or a fact.

    What it means, its default, since and until which version, what goes wrong without it, an
    example and the source. The last part of a path is enough where it is the only one.

    \b
    imagegen explain                                  the sections
    imagegen explain kubeProxy.config.ipvs            a section and its fields
    imagegen explain scheduler                        a field
    imagegen explain rules                            all rules
    imagegen explain check.sysctl                     a rule of the node's check
    imagegen explain check.rules                      all rules of the node's check
    imagegen explain ipvs.api-service                 a fact, by its id in `diff` or a verdict
    imagegen explain gates                            a guide: gates, immutable or report
    imagegen explain scheduler --profile tour.yaml    a field's value, and where it stands
    """
    from imagegen.pages import explain as pages
    from imagegen.pages.shipped import guide_text

    if out is not None:
        _write(out)
        return
    if what in (None, "rules"):
        click.echo(pages.rules_overview(width()) if what else pages.overview(width()))
        return
    if page := pages.check_text(str(what), width()) or guide_text(str(what)):
        click.echo(page)
        return
    _one(str(what), profile)


def _one(what: str, profile: Path | None) -> None:
    from imagegen.common.errors import InputError
    from imagegen.knowledge.pages import rule_pages
    from imagegen.pages.explain import field_text, rule_text
    from imagegen.pages.facts import fact_text
    from imagegen.pages.lookup import look_up
    from imagegen.pages.origin import given
    from imagegen.profile.load import read_profile

    try:
        found = look_up(what)
    except InputError:
        if page := fact_text(what, profile, width()):
            click.echo(page)
            return
        raise
    if isinstance(found, str):
        click.echo(rule_text(found, rule_pages()[found], width()))
        return
    click.echo(field_text(found, width()))
    if profile is not None:
        click.echo("\nIn this profile\n  " + "\n  ".join(given(found, read_profile(profile))))


def _write(out: Path) -> None:
    from imagegen.common.files import replace_dir, write_atomic
    from imagegen.pages.markdown import check_files, field_files, rule_files
    from imagegen.pages.prerequisites import prerequisites_page

    out.mkdir(parents=True, exist_ok=True)
    for kind, files in (("fields", field_files()), ("rules", rule_files()),
                        ("check", check_files())):
        replace_dir({name: (text.encode(), 0o644, None) for name, text in files.items()},
                    out / kind)
        click.echo(f"{out / kind}: {len(files)} pages")
    write_atomic(out / "prerequisites.md", prerequisites_page().encode())
    click.echo(f"{out / 'prerequisites.md'}: 1 page")
