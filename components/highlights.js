// A few figures with a sentence each. Everything is shown as text.
export default {
  template: `
    <section class="card highlights" :aria-label="heading">
      <div>
        <h2 class="card-title">{{ heading }}</h2>
        <p class="chart-about muted">{{ about }}</p>
      </div>
      <ul class="highlight-list">
        <li v-for="one in highlights" class="highlight">
          <p class="highlight-value">{{ one.value }}</p>
          <p class="highlight-name"><a v-if="one.href" class="highlight-link" :href="one.href">{{ one.name
            }}</a><template v-else>{{ one.name }}</template></p>
          <p class="highlight-rule muted">{{ one.rule }}</p>
        </li>
      </ul>
    </section>`,
  props: { heading: String, about: String, highlights: Array },
};
