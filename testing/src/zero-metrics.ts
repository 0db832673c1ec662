import { register } from 'prom-client';

// Runs before each spec file. Files of one worker share the register of metrics: each begins to count at zero.
register.resetMetrics();
