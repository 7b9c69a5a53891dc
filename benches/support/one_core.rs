//! Everything that is measured in virtual time waits for everything else in turn: a second core only adds the time in which
//! threads are woken there, a fifth of the work itself.

/// Keeps this process, and the threads that it starts from now on, on the core where it runs; elsewhere than on Linux it
/// does nothing.
pub(crate) fn stay() {
    #[cfg(target_os = "linux")]
    {
        let mut here = rustix::thread::CpuSet::new();
        here.set(rustix::thread::sched_getcpu());
        rustix::thread::sched_setaffinity(None, &here).expect("a process may stay where it is");
    }
}
