// Adds a "Copy" button to every snippet and permanent link. Without this script the text can still be selected.
const announcement = document.createElement('p');
announcement.className = 'visually-hidden';
announcement.setAttribute('role', 'status');
document.querySelector('main').append(announcement);

for (const snippet of navigator.clipboard ? document.querySelectorAll('.snippet') : []) {
  const caption = snippet.querySelector('figcaption');
  caption.append(copyButton(`Copy ${caption.textContent}`, () => snippet.querySelector('code').textContent));
}

for (const link of navigator.clipboard ? document.querySelectorAll('.permalink') : []) {
  link.after(
    ' ',
    copyButton('Copy the link', () => link.href),
  );
}

function copyButton(label, text) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'quiet-button';
  button.textContent = 'Copy';
  button.setAttribute('aria-label', label);
  button.addEventListener('click', () => copy(text(), button));
  return button;
}

async function copy(text, button) {
  announcement.textContent = '';
  try {
    await navigator.clipboard.writeText(text);
    say(button, 'Copied');
  } catch {
    say(button, 'Select the text and copy it');
  }
}

function say(button, text) {
  announcement.textContent = text;
  button.textContent = text;
  setTimeout(() => {
    button.textContent = 'Copy';
  }, 2000);
}
