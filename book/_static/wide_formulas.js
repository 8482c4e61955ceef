// A formula in the text that is wider than its line gets a scroll bar of its own: its end could not be read otherwise.
addEventListener("load", async () => {
  await window.MathJax?.startup?.promise;
  for (const formula of document.querySelectorAll('.bd-article mjx-container:not([display="true"])')) {
    const line = formula.closest("p, li, dd, td, summary, div");
    if (line.clientWidth && formula.getBoundingClientRect().width > line.clientWidth) {
      formula.classList.add("wide");
      formula.tabIndex = 0;
    }
  }
});
