"""The keyboard: a key clicks the button of its meaning that is on the screen."""

_NAMES = {
    "n": "next",
    "p": "previous",
    "s": "save",
    "u": "undo",
    "x": "reject",
    "d": "drop",
    "k": "keep",
    "z": "zoom",
} | {digit: digit for digit in "12345"}

# Unless something is being typed. Several views have such a button, and one is seen.
SHORTCUTS = (
    """<script>
document.addEventListener("keydown", (event) => {
  const field = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (field && !["radio", "checkbox"].includes(field.type)) return;
  if (event.key === "c") {
    // Typing goes into the class that is to be chosen, where there is one.
    const box = [...document.querySelectorAll(".key-class input")].find(
      (one) => one.offsetParent !== null);
    if (!box) return;
    event.preventDefault();
    box.focus();
    box.select();
    return;
  }
  const names = NAMES;
  if (!Object.hasOwn(names, event.key)) return;
  const button = [...document.querySelectorAll("button.key-" + names[event.key])].find(
    (one) => one.offsetParent !== null && !one.disabled);
  if (!button) return;
  event.preventDefault();
  button.click();
});
// A click into a list selects what stands there, so that typing starts a search.
let entered = null;
document.addEventListener("focusin", (event) => { entered = event.target; });
document.addEventListener("click", (event) => {
  if (event.target === entered && entered.matches("input[role=combobox]"))
    entered.select();
  entered = null;
});
</script>"""
).replace("NAMES", str(_NAMES))


def by(name: str) -> str:
    """Return the `elem_classes` of the button that the key of that name clicks."""
    assert name in _NAMES.values(), name
    return f"key-{name}"
