"""What hands do on the page, found by label and role."""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect


def open_tab(page: Page, name: str) -> None:
    # Gradio keeps a second, unseen list of tabs to measure what fits.
    tab = page.get_by_role("tab", name=name, exact=True).first
    tab.click()
    expect(tab).to_have_attribute("aria-selected", "true")


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def unfold(page: Page, name: str) -> None:
    """Open a section; its button is called by the name and an arrow."""
    page.get_by_role("button", name=name).locator("visible=true").first.click()


def fill_in(page: Page, name: str, value: str) -> None:
    # A choice may be called the same as a field.
    fields = page.locator("input:not([type=radio]):not([type=checkbox]), textarea")
    named = page.get_by_label(name, exact=True).and_(fields)
    named.locator("visible=true").fill(value)


def choose(page: Page, name: str, option: str) -> None:
    """Choose what begins with `option` from a drop-down list."""
    box = page.get_by_role("combobox", name=name, exact=True)
    box.click()
    page.get_by_role("option", name=option).first.click()


def start_training(page: Page, name: str, epochs: int | None = None) -> None:
    """Fill the form, or leave it as it was filled, and start."""
    open_tab(page, "Train")
    expect(page.get_by_role("combobox", name="Dataset version")).not_to_have_value("")
    fill_in(page, "Run name", name)
    if epochs is not None:
        fill_in(page, "Epochs", str(epochs))
    press(page, "Start training")
    expect(page.get_by_role("status", name=f"{name}: running")).to_be_visible()


def drop(page: Page, target: Locator, *files: Path) -> None:
    """Drop files on a place, as a hand would from a window beside the browser."""
    carried = page.evaluate_handle(
        """files => {
          const carried = new DataTransfer();
          for (const [name, bytes] of files) carried.items.add(
            new File([new Uint8Array(bytes)], name, {type: 'image/jpeg'}));
          return carried;
        }""",
        [[file.name, list(file.read_bytes())] for file in files],
    )
    target.dispatch_event("drop", {"dataTransfer": carried})


def has_loaded(picture: Locator) -> bool:
    """Say whether a picture came, once it has come or failed to."""
    # Not decode(), which refuses where a late answer names another picture.
    handle = picture.element_handle()
    picture.page.wait_for_function("img => img.complete", arg=handle)
    width: int = picture.evaluate("img => img.naturalWidth")
    return width > 0


def is_whole(picture: Locator) -> bool:
    """Say whether a picture's lower edge is in sight, and not cut off by its frame."""
    found: bool = picture.evaluate(
        "element => { element.scrollIntoView({block: 'center'});"
        " const edges = element.getBoundingClientRect();"
        " const middle = (edges.left + edges.right) / 2;"
        " return document.elementFromPoint(middle, edges.bottom - 2) === element; }"
    )
    return found
