import { AdmissionWindow } from './admission.window';

describe('the admission window', () => {
  it('counts what was admitted in the running window and starts anew with the next', () => {
    let now = 5_000;
    const sut = new AdmissionWindow(60, () => now);
    sut.admit();
    now = 59_999;
    sut.admit();
    expect(sut.count()).toBe(2);

    now = 60_000;

    expect(sut.count()).toBe(0);
    sut.admit();
    expect(sut.count()).toBe(1);
  });

  it('counts in the right window after a long silence, or when the process is old already', () => {
    let now = 1e9;
    const sut = new AdmissionWindow(60, () => now);
    sut.admit();
    expect(sut.count()).toBe(1);
    now += 3_600_000;
    expect(sut.count()).toBe(0);
  });
});
