import { MINIMUM_DAYS, PRICE_KEYS, priceOf, PRICES_AS_OF, PRICES_SOURCE, REFERENCE_REGION, STORAGE_CLASSES } from '../../lib/model/prices';

const REGIONS = ['us-east-1', 'eu-west-1', 'eu-west-3', 'eu-central-1'];

test('the table says of which day it is, and where from', () => {
  expect(PRICES_AS_OF).toMatch(/^20\d\d-[01]\d-[0-3]\d$/);
  expect(Number.isFinite(Date.parse(PRICES_AS_OF))).toBe(true);
  expect(PRICES_SOURCE).toContain('AWS');
});

test.each(PRICE_KEYS)('%s has a unit, a page of AWS and a price that can be one, in every region', (key) => {
  for (const region of [...REGIONS, 'ap-south-2', undefined]) {
    const price = priceOf(key, region);
    expect(price.source).toMatch(/^https:\/\/aws\.amazon\.com\/[a-z0-9-]+\/pricing\/$/);
    expect(price.unit).not.toBe('');
    expect(price.usd).toBeGreaterThan(0);
    expect(price.usd).toBeLessThanOrEqual(3);
    expect([region, REFERENCE_REGION]).toContain(price.region);
  }
});

test('a region that the table lacks gets the reference\'s price, by its name', () => {
  expect(priceOf('storage.STANDARD', 'ap-south-2')).toMatchObject({ usd: 0.023, region: 'us-east-1' });
  expect(priceOf('storage.STANDARD', 'eu-central-1')).toMatchObject({ usd: 0.0245, region: 'eu-central-1' });
});

test.each(REGIONS)('in %s a colder class costs less to keep, and no less to write', (region) => {
  const order = ['STANDARD', 'STANDARD_IA', 'ONEZONE_IA', 'GLACIER_IR', 'GLACIER', 'DEEP_ARCHIVE'] as const;
  expect(order).toEqual(STORAGE_CLASSES);
  for (let index = 1; index < order.length; index++) {
    expect(priceOf(`storage.${order[index]}`, region).usd).toBeLessThan(priceOf(`storage.${order[index - 1]}`, region).usd);
    expect(priceOf(`write.${order[index]}`, region).usd).toBeGreaterThanOrEqual(priceOf(`write.${order[index - 1]}`, region).usd);
    expect(MINIMUM_DAYS[order[index]]).toBeGreaterThanOrEqual(MINIMUM_DAYS[order[index - 1]]);
  }
});
