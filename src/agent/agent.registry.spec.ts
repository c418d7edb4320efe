import { Agent, type AgentEvent, type AgentResult, type Subscription } from './agent';
import { AgentRegistry } from './agent.registry';

class NamedAgent extends Agent {
  readonly description = 'Does nothing.';

  constructor(
    readonly name: string,
    override readonly subscriptions: readonly Subscription[] = [],
  ) {
    super();
  }

  async handle(_event: AgentEvent): Promise<AgentResult> {
    return { kind: 'done' };
  }
}

const pushes = { service: 'github', eventType: 'push' };

describe('AgentRegistry', () => {
  it('finds agents by name, and names them in the order they came', () => {
    const sut = new AgentRegistry();
    const second = new NamedAgent('b');
    sut.register(new NamedAgent('c-1_x'));
    sut.register(second);

    expect(sut.find('b')).toBe(second);
    expect(sut.find('a')).toBeUndefined();
    expect(sut.find('constructor')).toBeUndefined();
    expect(sut.names()).toEqual(['c-1_x', 'b']);
  });

  it('finds all that subscribe to an event, and only those', () => {
    const sut = new AgentRegistry();
    const first = new NamedAgent('first', [pushes, { service: 'github', eventType: 'release' }]);
    const second = new NamedAgent('second', [pushes]);
    for (const agent of [first, second, new NamedAgent('third')]) sut.register(agent);

    expect(sut.findSubscribed('github', 'push')).toEqual([first, second]);
    expect(sut.findSubscribed('github', 'release')).toEqual([first]);
    expect(sut.findSubscribed('gitlab', 'push')).toEqual([]);
    expect(sut.findSubscribed('github', null)).toEqual([]);
    expect(sut.subscriptions()).toEqual([
      { ...pushes, agentName: 'first' },
      { service: 'github', eventType: 'release', agentName: 'first' },
      { ...pushes, agentName: 'second' },
    ]);
  });

  it('keeps service and event type apart, whatever characters they hold', () => {
    const sut = new AgentRegistry();
    sut.register(new NamedAgent('first', [{ service: 'a","b', eventType: 'c' }]));
    expect(sut.findSubscribed('a', 'b","c')).toEqual([]);
  });

  it('keeps its list from those who ask for it', () => {
    const sut = new AgentRegistry();
    sut.register(new NamedAgent('first', [pushes]));
    sut.findSubscribed('github', 'push').pop();
    expect(sut.findSubscribed('github', 'push')).toHaveLength(1);
  });

  it('refuses a name that is taken, and says by whom', () => {
    const sut = new AgentRegistry();
    sut.register(new NamedAgent('first'));
    expect(() => sut.register(new NamedAgent('first'))).toThrow(
      'NamedAgent cannot be registered as an agent: the name "first" is taken by NamedAgent.',
    );
  });

  it.each(['', 'First', '1st', 'with space', 'a/b', 'a\n', 'x'.repeat(64)])('refuses the name %j', (name) => {
    expect(() => new AgentRegistry().register(new NamedAgent(name))).toThrow(/must be 1 to 63 of a-z/);
  });

  it('refuses a subscription that is empty or stands there twice, and then registers nothing', () => {
    const sut = new AgentRegistry();
    expect(() => sut.register(new NamedAgent('first', [{ service: 'github', eventType: '' }]))).toThrow(
      /needs a service/,
    );
    expect(() => sut.register(new NamedAgent('first', [pushes, pushes]))).toThrow(/twice/);
    expect(sut.names()).toEqual([]);
    expect(sut.findSubscribed('github', 'push')).toEqual([]);
  });
});
