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

# Gradio 6.31 keeps how far an event is for each of its components, though none shows
# it (`show_progress="hidden"`), and at every event looks all of them up in the whole
# tree. Once several tabs had been opened, the next one took seconds. Where another
# version of Gradio has no such method, all stays as it is.
NO_HIDDEN_PROGRESS = """async () => {
  const loaded = performance.getEntriesByType("resource").map((one) => one.name);
  const file = loaded.find((name) => /\\/statustracker-[^/]+\\.js$/.test(name));
  const parts = file ? Object.values(await import(file)) : [];
  const keeper = parts.map((part) => part?.prototype).find((one) => one?.resolve_args);
  if (!keeper) return;
  const resolve = keeper.resolve_args;
  keeper.resolve_args = function (status) {
    const isHidden = this.show_progress[status.fn_index] === "hidden";
    return isHidden ? [] : resolve.call(this, status);
  };
}"""

ALL = (SAME_TAB, CLOCKS, NO_HIDDEN_PROGRESS)
