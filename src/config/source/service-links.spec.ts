import { serviceLinks } from './service-links';

const links = {
  MIRA_SERVICE_HOST: '10.0.0.7',
  MIRA_SERVICE_PORT: '80',
  MIRA_SERVICE_PORT_HTTP: '80',
  MIRA_PORT: 'tcp://10.0.0.7:80',
  MIRA_PORT_80_TCP: 'tcp://10.0.0.7:80',
  MIRA_PORT_80_TCP_PROTO: 'tcp',
  MIRA_PORT_80_TCP_PORT: '80',
  MIRA_PORT_80_TCP_ADDR: '10.0.0.7',
  MIRA_WEBHOOK_SERVICE_HOST: '10.0.0.8',
  MIRA_WEBHOOK_SERVICE_PORT: '5000',
  MIRA_WEBHOOK_PORT: 'tcp://10.0.0.8:5000',
};

describe('serviceLinks', () => {
  it('finds the variables that Kubernetes makes for services named mira and mira-webhook', () => {
    expect([...serviceLinks(links)].toSorted()).toEqual(Object.keys(links).toSorted());
  });

  it('leaves what a person set', () => {
    const found = serviceLinks({ ...links, MIRA_WEBHOOK_PORT: '8080', MIRA_ROLE: 'api', MIRA_SERVICE: 'x', PORT: '1' });

    expect([...found]).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/WEBHOOK_PORT$|ROLE|SERVICE$|^PORT/)]),
    );
  });

  it('finds none where no service is announced', () => {
    expect(serviceLinks({ MIRA_WEBHOOK_PORT: 'tcp://10.0.0.8:5000', MIRA_SERVICE_HOST: '10.0.0.7' }).size).toBe(0);
  });
});
