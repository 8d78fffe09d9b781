// One synthesis in a process of its own: so many policies into a folder; prints the processor seconds of all of it, the imports too.
import { policiesApp } from './policies-app';

policiesApp(Number(process.argv[2]), process.argv[3]).synth();
const { user, system } = process.cpuUsage();
process.stdout.write(`${(user + system) / 1e6}\n`);
