export { ownProperty, parseJson } from './json';
