/* LD_PRELOAD: counts the allocations that a program makes from its main() on, and those of the
 * processes it forks, and refuses some of them. By environment:
 *
 *   FAIL_WHO     parent or worker: whose allocations are refused
 *   FAIL_AT      the number of the first that is refused, from 1; 0 refuses none
 *   FAIL_ON      if set, all that follow are refused too
 *   FAIL_COUNTS  a file of four numbers of eight bytes: how many parent and worker made, and how
 *                often each shut itself in with a filter of system calls */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

/* The C library's own, under the names that are not replaced here. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *at, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

typedef int main_function(int argc, char **argv, char **environment);
int __libc_start_main(main_function *main, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end);
void *reallocarray(void *at, size_t count, size_t size);

enum { PARENT, WORKER, WHO_COUNT };

static uint64_t fail_at;
static bool fail_on, counting;
static int fail_who, who;
static uint64_t *counts;

static bool refused(void)
{
    if (!counting)
        return false;
    uint64_t number = ++counts[who];
    if (who != fail_who || !fail_at || !(fail_on ? number >= fail_at : number == fail_at))
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return refused() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return refused() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *at, size_t size)
{
    return refused() ? NULL : __libc_realloc(at, size);
}

void *reallocarray(void *at, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || refused())
        return NULL;
    return __libc_realloc(at, bytes);
}

void *memalign(size_t alignment, size_t size);
void *memalign(size_t alignment, size_t size)
{
    return refused() ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **at, size_t alignment, size_t size)
{
    void *made = memalign(alignment, size);
    if (!made)
        return ENOMEM;
    *at = made;
    return 0;
}

int prctl(int option, ...)
{
    union {
        void *object;
        int (*call)(int, ...);
    } real = {dlsym(RTLD_NEXT, "prctl")};
    unsigned long words[4];
    va_list arguments;
    va_start(arguments, option);
    for (int i = 0; i < 4; i++)
        words[i] = va_arg(arguments, unsigned long);
    va_end(arguments);
    int result = real.call(option, words[0], words[1], words[2], words[3]);
    if (counting && option == PR_SET_SECCOMP && result == 0)
        counts[WHO_COUNT + who]++;
    return result;
}

/* A second worker goes on where the first ended. */
static void forked(void)
{
    who = WORKER;
}

static main_function *real_main;

static int counted_main(int argc, char **argv, char **environment)
{
    const char *at = getenv("FAIL_AT"), *whose = getenv("FAIL_WHO");
    const char *path = getenv("FAIL_COUNTS");
    int fd = path ? open(path, O_RDWR) : -1;
    counts = mmap(NULL, 2 * WHO_COUNT * sizeof *counts, PROT_READ | PROT_WRITE,
                  fd < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED, fd, 0);
    if (counts == MAP_FAILED)
        abort();
    if (fd >= 0)
        close(fd);
    fail_at = at ? strtoull(at, NULL, 10) : 0;
    fail_on = getenv("FAIL_ON") != NULL;
    fail_who = whose && strcmp(whose, "worker") == 0 ? WORKER : PARENT;
    pthread_atfork(NULL, NULL, forked);
    counting = true;
    return real_main(argc, argv, environment);
}

/* What libraries allocate before main() is no business of the program. */
int __libc_start_main(main_function *main, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
    typedef int start_function(main_function *, int, char **, void (*)(void), void (*)(void),
                               void (*)(void), void *);
    union {
        void *object;
        start_function *function;
    } real = {dlsym(RTLD_NEXT, "__libc_start_main")};
    real_main = main;
    return real.function(counted_main, argc, argv, init, fini, rtld_fini, stack_end);
}
