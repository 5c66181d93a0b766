// Stops worker processes without ending them: a frozen consumer is a zombie that wakes up after its group has gone on without it.
import { defineFault } from '../fault.ts'
import { eachWorker, workersNotIn, workersOf } from '../workers.ts'

export const workerFreeze = defineFault({
  kind: 'worker-freeze',
  describe: 'producers or consumers of the run stopped (SIGSTOP), going on at the end',
  fidelity: 'true',
  differs: 'a client that runs in a process of its own (java) is not stopped with its worker',
  needs: 'workers',
  takesLeaders: false,
  options: {},
  inject: strike => eachWorker(strike, worker => workersOf(strike).freeze(worker)),
  prove: async strike =>
    (await workersNotIn(strike, 'frozen')) === undefined
      ? `${strike.workers?.join(', ')} read back as stopped`
      : undefined,
  heal: strike => eachWorker(strike, worker => workersOf(strike).thaw(worker)),
  remains: strike => workersNotIn(strike, 'running'),
})
