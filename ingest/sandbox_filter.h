/* What sandbox_filter.c, which runs as the program is built, and sandbox_calls.c agree on. */
#ifndef INGEST_SANDBOX_FILTER_H
#define INGEST_SANDBOX_FILTER_H

/* Stands in the worker's program for the number of the process, which is not known then. No argument of
 * an allowed call has this value. */
#define ITS_OWN_NUMBER 0x6f776e21u

#endif
