// The login button as a custom element. It needs launchdarkly-button.css on the page, and JavaScript.
//
//   <launchdarkly-button return-to="/projects"></launchdarkly-button>
//   <launchdarkly-button look="neutral" size="large" lang="de" label="Mit LaunchDarkly anmelden"></launchdarkly-button>
//
// return-to   where the login leads: a path of this site        look    neutral or outline
// login-path  where this site starts a login (/auth/login)      size    small or large        block
class LaunchDarklyButton extends HTMLElement {
  static observedAttributes = ['return-to', 'login-path', 'look', 'size', 'block', 'label', 'dir'];

  #link = document.createElement('a');

  connectedCallback() {
    this.#update();
    this.replaceChildren(this.#link);
  }

  attributeChangedCallback() {
    this.#update();
  }

  #update() {
    const get = (name) => this.getAttribute(name);
    const modifiers = [get('look'), get('size'), this.hasAttribute('block') && 'block'].filter(Boolean);
    const query = get('return-to') ? `?returnTo=${encodeURIComponent(get('return-to'))}` : '';
    this.#link.className = ['ld-button', ...modifiers.map((name) => `ld-button--${name}`)].join(' ');
    this.#link.href = (get('login-path') ?? '/auth/login') + query;
    this.#link.dir = this.dir;
    this.#link.textContent = get('label') ?? 'Log in with LaunchDarkly';
  }
}

customElements.define('launchdarkly-button', LaunchDarklyButton);
