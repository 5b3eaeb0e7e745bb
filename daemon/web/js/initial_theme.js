/* Before the first paint, so that a chosen theme does not flash. */
(function () {
  try {
    const chosen = localStorage.getItem("sidestick-theme");
    if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
  } catch {
    /* without storage the system's theme holds */
  }
})();
