"""What the page's own script does in the browser; each is run when the page loads."""

# A reloaded page opens at the tab that it was left at.
SAME_TAB = """() => {
  const tabs = () => [...document.querySelectorAll("#tabs > .tab-wrapper [role=tab]")];
  const left = sessionStorage.getItem("tab");
  tabs().find((tab) => tab.textContent.trim() === left)?.click();
  addEventListener("pagehide", () => {
    const open = tabs().find((tab) => tab.ariaSelected === "true");
    if (open) sessionStorage.setItem("tab", open.textContent.trim());
  });
}"""

# The clocks of `navigation.clock` tick; an element out of sight has no offset parent.
CLOCKS = """() => {
  setInterval(() => {
    if (document.hidden) return;
    for (const clock of document.querySelectorAll("button.clock"))
      if (clock.parentElement.offsetParent) clock.click();
  }, 2000);
}"""


def _changed(file: str, method: str, instead: str) -> str:
    """Return a script that changes a method of a class in one of Gradio's own files.

    Where another version of Gradio has no such method, all stays as it is.

    Args:
        file: How its name begins.
        instead: A function that may call `was`.
    """
    return f"""async () => {{
  const loaded = performance.getEntriesByType("resource").map((one) => one.name);
  const files = loaded.filter((name) => /\\/{file}-[^/]+\\.js$/.test(name));
  const parts = await Promise.all(files.map((name) => import(name)));
  const kinds = parts.flatMap(Object.values).map((part) => part?.prototype);
  const kind = kinds.find((one) => one?.{method});
  if (!kind) return;
  const was = kind.{method};
  kind.{method} = {instead};
}}"""


# Gradio 6.31 keeps how far an event is for each of its components, though none shows
# it (`show_progress="hidden"`), and at every event looks all of them up in the whole
# tree. Once several tabs had been opened, the next one took seconds. What had begun
# before this is changed must end, or its clocks are drawn anew in every frame for ever.
NO_HIDDEN_PROGRESS = _changed(
    "statustracker",
    "resolve_args",
    """function (status) {
    const isHidden = this.show_progress[status.fn_index] === "hidden";
    const hasBegun = Object.values(this.current).some((one) =>
      one.fn_index === status.fn_index && one.status === "pending");
    return isHidden && !hasBegun ? [] : was.call(this, status);
  }""",
)

# A drop-down list of Gradio 6.31 says `input` when it is left, changed or not; a choice
# is said twice, and the second answer came over whatever was done meanwhile. One of
# several says nothing of being cleared. Chosen again, the same counts as chosen.
ONE_INPUT_A_CHOICE = _changed(
    "src",
    "dispatch",
    """(() => {
    const said = new WeakMap();
    let isCleared = false;
    const mind = (event) => {
      isCleared = Boolean(event.target.closest?.(".remove-all"));
      setTimeout(() => (isCleared = false));
    };
    for (const how of ["click", "keydown"]) addEventListener(how, mind, true);
    return function (name, data) {
      if (!("allow_custom_value" in this.props)) return was.call(this, name, data);
      const isOne = !this.props.multiselect, now = JSON.stringify(this.props.value);
      if (name === "focus") said.set(this, now);
      if (name === "select" && isOne) said.delete(this);
      if (name === "input") {
        if (said.get(this) === now) return;
        said.set(this, now);
      }
      was.call(this, name, data);
      if (name === "change" && isCleared && now === "[]") this.dispatch("input");
    };
  })()""",
)

ALL = (SAME_TAB, CLOCKS, NO_HIDDEN_PROGRESS, ONE_INPUT_A_CHOICE)
