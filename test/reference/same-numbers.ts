/** Imported in front of a test file, it makes properties try the same values in every run. */
import fc from 'fast-check';

fc.configureGlobal({ seed: 7915 });
