/** What an API server of Kubernetes would say of an object that it is given, as far as it can be told from its types. */
import { dumpYaml, loadYaml } from '@kubernetes/client-node';
import { load, dump } from 'js-yaml';

/**
 * Fields that there are not, and values of the wrong kind or missing.
 * @param object of one of Kubernetes' own kinds
 * @returns what is wrong, in words; empty where nothing is
 */
export async function apiFaults(object) {
  const { apiVersion, kind } = object;
  let Model;
  try {
    ({ [kind]: Model } = await import(`kubernetes-models/${apiVersion}/${kind}`));
  } catch (error) {
    return [`there is no ${kind} in ${apiVersion}: ${error.code}`];
  }
  const faults = unknownFields(object, load(dumpYaml(loadYaml(dump(object)))), '');
  try {
    new Model(object).validate();
  } catch (error) {
    faults.push(error.message);
  }
  return faults;
}

/** The client reads what it knows, and leaves out the rest. */
function unknownFields(given, understood, path) {
  if (typeof given !== 'object' || given === null) return [];
  return Object.entries(given).flatMap(([name, value]) => {
    const at = `${path}.${name}`;
    return understood?.[name] === undefined ? [`there is no field ${at}`] : unknownFields(value, understood[name], at);
  });
}
