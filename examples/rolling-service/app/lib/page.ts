import type { Tea } from './catalogue.ts';

/** Makes any text harmless within HTML. */
export function escape(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`);
}

function row(tea: Tea): string {
  return `<tr><td>${escape(tea.name)}</td><td>${escape(tea.origin)}</td><td>${tea.temperature} °C</td><td>${tea.minutes} min</td></tr>`;
}

/** The catalogue for people. */
export function page(teas: readonly Tea[], origin = ''): string {
  const table = `<table>
  <thead><tr><th>Tea</th><th>Origin</th><th>Water</th><th>Time</th></tr></thead>
  <tbody>${teas.map(row).join('')}</tbody>
</table>`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Teas</title>
<style>body { font: 1rem/1.5 system-ui; max-width: 40rem; margin: 2rem auto } th, td { text-align: left; padding-right: 2rem }</style>
<h1>Teas</h1>
<form><label>Origin <input name="origin" value="${escape(origin)}"></label> <button>Show</button></form>
${teas.length > 0 ? table : `<p>No tea from ${escape(origin)}.</p>`}
</html>
`;
}
