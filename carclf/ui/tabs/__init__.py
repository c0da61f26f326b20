"""One module a tab, each with build(settings), called inside the page's gr.Tabs."""
