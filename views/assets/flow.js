// The arrow keys follow the links "Previous" and "Next".
const relations = { ArrowLeft: 'prev', ArrowRight: 'next' };

document.addEventListener('keydown', (event) => {
  const { key, altKey, ctrlKey, metaKey, shiftKey } = event;
  const link = relations[key] && document.querySelector(`main a[rel="${relations[key]}"]`);
  if (!link || altKey || ctrlKey || metaKey || shiftKey) return;
  event.preventDefault();
  link.click();
});
