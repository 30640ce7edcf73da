/* pause holds a pod's namespaces open: it waits for a signal to end, and reaps what the pod leaves behind. */
#include <signal.h>
#include <unistd.h>

static void stop(int signal) {
    (void)signal;
    _exit(0);
}

int main(void) {
    signal(SIGCHLD, SIG_IGN); /* the kernel then reaps orphans itself */
    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    for (;;)
        pause();
}
