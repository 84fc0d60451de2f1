// Before the first paint: the theme that was chosen here. A file of its own, since the page allows no inline script.
{
  const theme = localStorage.getItem('gardener.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
}
