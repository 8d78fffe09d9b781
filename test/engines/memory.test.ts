import { memoryEngine, memoryServers, type MemoryTables } from '../support/memory-engine';
import { describeEngine } from './suite';

describeEngine('memory (fake)', {
  engine: memoryEngine,
  fake: true,
  async start() {
    memoryServers.set('full', { password: 'sentinel-7a1f', tables: new Map([['people', ['Aïcha', 'Konan', 'Œuvre']], ['homes', ['Cocody', 'Plateau']]]) });
    memoryServers.set('empty', { password: 'sentinel-7a1f', tables: new Map() });
    return {
      config: { server: 'full', secretArn: 'arn:secret' },
      emptyConfig: { server: 'empty', secretArn: 'arn:secret' },
      secrets: { 'arn:secret': 'sentinel-7a1f' },
      password: 'sentinel-7a1f',
      wrongSecrets: { 'arn:secret': 'wrong-3c9d' },
      openSessions: async () => 0,
      stop: async () => memoryServers.clear(),
    };
  },
  async changeOneByte({ connection }) {
    const people = (connection as MemoryTables).get('people')!;
    people[0] = people[0].replace('A', 'B');
  },
});
