/* tlsrpt-net as a process: the program that has the sockets. */
#ifndef CLI_NET_PROCESS_H
#define CLI_NET_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"

struct net_process {
    pid_t pid;  /* 0: none */
    int output; /* what it prints; -1: none */
};

/* The path of tlsrpt-net; null with ERROR_UNAVAILABLE where it is not installed. */
const char *net_program(struct arena *arena, struct error *err);

/* Runs ARGUMENTS, of which the first is its path and the last null, with the descriptor INPUT as standard
 * input. What it says on standard error is seen. */
bool net_process_start(struct net_process *process, char *const *arguments, int input,
                       struct error *err);

/* Waits for its end. ERROR_UNAVAILABLE where it did not end well. */
bool net_process_finish(struct net_process *process, struct error *err);

/* Ends it if it runs: for __attribute__((cleanup)). */
void net_process_release(struct net_process *process);

#endif
