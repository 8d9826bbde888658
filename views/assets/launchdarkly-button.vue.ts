// The login button for Vue 3. It needs launchdarkly-button.css on the page.
//
//   <LaunchDarklyButton return-to="/projects" />
//   <LaunchDarklyButton look="neutral" size="large" lang="de">{{ labels.de }}</LaunchDarklyButton>
import { defineComponent, h, type PropType } from 'vue';

export const LaunchDarklyButton = defineComponent({
  name: 'LaunchDarklyButton',
  props: {
    /** Where the login leads: a path of this site. */
    returnTo: String,
    look: String as PropType<'neutral' | 'outline'>,
    size: String as PropType<'small' | 'large'>,
    block: Boolean,
    /** Where this site starts a login. */
    loginPath: { type: String, default: '/auth/login' },
  },
  setup(props, { slots }) {
    return () => {
      const { default: label } = slots;
      const { returnTo, look, size, block, loginPath } = props;
      const modifiers = [look, size, block && 'block'].filter(Boolean).map((name) => `ld-button--${name}`);
      const query = returnTo ? `?returnTo=${encodeURIComponent(returnTo)}` : '';
      const attributes = { class: ['ld-button', ...modifiers], href: loginPath + query };
      return h('a', attributes, label?.() ?? 'Log in with LaunchDarkly');
    };
  },
});
