// The panel's name and the links to its pages. `chosen` tells that one was followed.
export default {
  template: `
    <div class="sidebar-body">
      <div class="brand">
        <img src="/static/logo.svg" alt="" class="brand-mark">
        <span class="brand-name">Agent P</span>
      </div>
      <nav class="pages" :aria-label="name">
        <a v-for="link in links" :key="link.label" class="page-link" :href="link.href"
          :aria-current="link.is_open ? 'page' : 'false'" @click="$emit('chosen')">
          <q-icon :name="link.icon" class="icon" aria-hidden="true" />
          <span>{{ link.label }}</span>
        </a>
      </nav>
    </div>`,
  props: { name: String, links: Array },
  emits: ["chosen"],
};
