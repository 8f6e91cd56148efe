export interface Tea {
  readonly id: string;
  readonly name: string;
  readonly origin: string;
  /** Degrees Celsius. */
  readonly temperature: number;
  readonly minutes: number;
}

const teas: readonly Tea[] = [
  { id: 'assam', name: 'Assam', origin: 'India', temperature: 95, minutes: 4 },
  { id: 'darjeeling', name: 'Darjeeling', origin: 'India', temperature: 90, minutes: 3 },
  { id: 'genmaicha', name: 'Genmaicha', origin: 'Japan', temperature: 80, minutes: 2 },
  { id: 'keemun', name: 'Keemun', origin: 'China', temperature: 90, minutes: 4 },
  { id: 'longjing', name: 'Longjing', origin: 'China', temperature: 80, minutes: 3 },
  { id: 'sencha', name: 'Sencha', origin: 'Japan', temperature: 70, minutes: 2 },
];

/** All teas, or those of one origin; upper and lower case do not matter. */
export function listTeas(origin?: string): readonly Tea[] {
  return origin ? teas.filter(tea => tea.origin.toLowerCase() === origin.toLowerCase()) : teas;
}

export function findTea(id: string): Tea | undefined {
  return teas.find(tea => tea.id === id);
}
