import { describe, expect, test } from 'vitest';
import { respond } from '../../lib/respond.ts';

const value = (target: string): unknown => JSON.parse(respond('GET', target).body);

describe('respond', () => {
  test('answers the health check', () => {
    expect(respond('GET', '/health').status).toBe(200);
    expect(value('/health')).toEqual({ status: 'ok' });
  });

  test('shows the page at the root, whatever the query', () => {
    for (const target of [undefined, '/', '/?origin=China', '/?from=load-balancer']) {
      expect(respond('GET', target)).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
    }
  });

  test('lists the teas, all or of one origin', () => {
    expect(value('/api/teas')).toHaveLength(6);
    expect(value('/api/teas?origin=china')).toMatchObject([{ id: 'keemun' }, { id: 'longjing' }]);
  });

  test('gives one tea', () => {
    expect(value('/api/teas/assam')).toMatchObject({ name: 'Assam', origin: 'India' });
  });

  test.each(['/api/teas/coffee', '/api/teas/', '/favicon.ico', '/health/'])('has nothing at %s', (target) => {
    expect(respond('GET', target).status).toBe(404);
  });

  test('refuses an address that is none', () => {
    expect(respond('GET', '//').status).toBe(400);
  });

  test('is for reading only', () => {
    expect(respond('HEAD', '/').status).toBe(200);
    expect(respond('POST', '/api/teas')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });
});
