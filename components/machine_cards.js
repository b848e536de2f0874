// Hosts of models, one card each. What they are called and what they say is text, and shown as text.
const WIDTH = 100;
const HEIGHT = 28;
const EDGE = 2;

export default {
  template: `
    <ul class="machines" :aria-label="heading">
      <li v-for="card in cards" :key="card.address" class="card machine">
        <div class="machine-head">
          <h3 class="machine-name"><bdi>{{ card.address }}</bdi></h3>
          <span :class="['pill-badge', 'tone-' + card.tone]">{{ card.state }}</span>
        </div>
        <p v-if="card.note" class="machine-note">{{ card.note }}</p>
        <div v-if="card.facts.length" :class="{ 'machine-old': card.is_old }">
          <dl class="machine-facts">
            <div v-for="[label, value] in card.facts" class="machine-fact">
              <dt class="muted">{{ label }}</dt>
              <dd class="tabular"><bdi>{{ value }}</bdi></dd>
            </div>
          </dl>
          <ul v-if="card.models.length" class="machine-models">
            <li v-for="model in card.models" class="machine-model">
              <bdi class="machine-model-name" :title="model.name">{{ model.name }}</bdi>
              <span class="tabular">{{ model.size }}</span>
              <span class="muted machine-until">{{ model.until }}</span>
            </li>
          </ul>
        </div>
        <svg v-if="known(card.spark).length > 1" class="spark" viewBox="0 0 ${WIDTH} ${HEIGHT}"
             preserveAspectRatio="none" role="img" :aria-label="card.spoken">
          <path class="spark-area" :d="area(card.spark)"></path>
          <path class="spark-line" :d="line(card.spark)"></path>
        </svg>
      </li>
    </ul>`,
  props: { heading: String, cards: Array },
  methods: {
    known(values) {
      return values.filter((value) => value !== null);
    },
    // stretches of known values, each a list of points: where nothing was known, the line has a gap
    stretches(values) {
      const highest = Math.max(1, ...this.known(values));
      const step = WIDTH / (values.length - 1);
      const found = [[]];
      values.forEach((value, at) => {
        if (value === null) found.push([]);
        else found.at(-1).push([round(at * step), round(HEIGHT - EDGE - (value / highest) * (HEIGHT - 2 * EDGE))]);
      });
      return found.filter((points) => points.length);
    },
    line(values) {
      return this.stretches(values).map(through).join("");
    },
    area(values) {
      return this.stretches(values)
        .map((points) => `${through(points)}L${points.at(-1)[0]} ${HEIGHT}L${points[0][0]} ${HEIGHT}Z`)
        .join("");
    },
  },
};

// a point alone is a line of no length, whose round ends make a dot
function through(points) {
  return `M${points.map((point) => point.join(" ")).join("L")}${points.length > 1 ? "" : "h0.001"}`;
}

function round(number) {
  return Math.round(number * 100) / 100;
}
