import { GENERATED, write } from './generated';

for (const part of GENERATED) write(part);
