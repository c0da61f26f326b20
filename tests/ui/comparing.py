"""The Compare tab asked as the page asks it, and what it answers taken apart."""

import re

from carclf import lineage, store
from carclf.store import imports
from carclf.ui.tabs import compare
from carclf.ui.tabs.compare import Asked, View
from carclf.ui.tabs.compare_curves import Shown as Curves
from carclf.ui.tabs.compare_curves import Wanted as CurvesWanted
from carclf.ui.tabs.compare_runs import Shown as Table
from carclf.ui.tabs.compare_runs import Wanted
from carclf.ui.tabs.compare_tree import Shown as Tree


def everyone(lab):
    with store.connect(lab.settings.db_path) as db:
        return lineage.everyone(db)


def asked(chosen=(), table=None, curves=None, tree=None, differing=()):
    wanted = table or Wanted(), curves or CurvesWanted()
    return Asked(list(chosen), *wanted, tree or {}, differing)


def gathered(values):
    """Return the outputs of a handler as the view that they are."""
    chosen, hint, *rest = values
    table = Table(*[rest.pop(0) for _ in Table._fields])
    curves = Curves(*[rest.pop(0) for _ in Curves._fields])
    tree = Tree(*[rest.pop(0) for _ in Tree._fields])
    return View(chosen, hint, table, curves, tree, *rest)


def view(lab, chosen=(), seen="", **wanted):
    *shown, _ = compare.refresh(lab.settings, *asked(chosen, **wanted).inputs, seen)
    return gathered(shown)


def rows(shown):
    """Return the cells of the table of runs by the run's name."""
    found = {}
    for row in re.findall(r"<tr.*?</tr>", shown.table.table)[1:]:
        cells = [
            re.sub("<.*?>", "", one) for one in re.findall(r"<t[hd].*?</t[hd]>", row)
        ]
        found[cells[0][1:]] = cells[1:]
    return found


def headings(shown):
    head = shown.table.table.partition("</thead>")[0]
    return re.findall(r">([^<>]+)</button></th>", head)


def imported(lab, name, config, history=(), start=None):
    with store.connect(lab.settings.db_path) as db:
        return imports.add(
            db,
            name,
            config,
            {"start": start or name, "experiment": name, "folder": f"/lab/{name}"},
            history,
            best_epoch=None,
            started_at="2022-11-13T03:26:20.000+00:00",
            ended_at=None,
        )
