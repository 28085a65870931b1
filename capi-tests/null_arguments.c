/*
 * Every exported name, called once with nothing but zeros: where the system's libssl survives that, the return value is compared;
 * ours must survive it always.
 *
 * The names come from include/libssl.map, the one list; capi-tests/returns says what each returns and whether the system's
 * libssl dies of it ("dies") or does not have it ("later"). Both are checked here: a wrong mark is a line of output.
 */
#include "check.h"

#include <dlfcn.h>
#include <signal.h>
#include <sys/wait.h>

struct function {
    char name[80];
    char kind[16];
    int dies, later;
    void *address;
};

/* AddressSanitizer's own fopen dies of NULL, whichever libssl passes it on: then only ours has to survive, values are not compared */
#ifdef __SANITIZE_ADDRESS__
enum { COMPARE = 0 };
#else
enum { COMPARE = 1 };
#endif

static struct function functions[700];
static size_t count;
static int reference;

static FILE *open_file(const char *name)
{
    const char *root = getenv("CAPI_ROOT");
    char path[4096];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", root == NULL ? "." : root, name);
    if ((file = fopen(path, "r")) == NULL)
        check_give_up(path);
    return file;
}

static struct function *find(const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(functions[i].name, name) == 0)
            return &functions[i];
    return NULL;
}

static void read_names(void)
{
    FILE *map = open_file("include/libssl.map"), *returns = open_file("capi-tests/returns");
    char line[256], name[80], kind[16], mark[16], end;

    while (fgets(line, sizeof line, map) != NULL)
        if (sscanf(line, " %79[A-Za-z0-9_]%c", name, &end) == 2 && end == ';' && count < sizeof functions / sizeof *functions)
            strcpy(functions[count++].name, name);
    fclose(map);
    while (fgets(line, sizeof line, returns) != NULL) {
        struct function *function;
        int got = sscanf(line, "%79s %15s %15s", name, kind, mark);

        if (line[0] == '#' || got < 2)
            continue;
        if ((function = find(name)) == NULL) {
            printf("%s is in capi-tests/returns, but not exported\n", name);
            continue;
        }
        strcpy(function->kind, kind);
        function->dies = got == 3 && strcmp(mark, "dies") == 0;
        function->later = got == 3 && strcmp(mark, "later") == 0;
    }
    fclose(returns);
    SHOW(count);
    for (size_t i = 0; i < count; i++) {
        if (functions[i].kind[0] == '\0')
            printf("%s is not in capi-tests/returns\n", functions[i].name);
        functions[i].address = dlsym(RTLD_DEFAULT, functions[i].name);
        if (functions[i].address == NULL && (!reference || !functions[i].later))
            printf("%s is not there\n", functions[i].name);
        if (functions[i].address != NULL && reference && functions[i].later)
            printf("%s is marked later, but there\n", functions[i].name);
    }
}

/* One uniform call: on the usual calling conventions spare arguments do no harm, and small results are in the low bits. */
static unsigned long call(const void *address)
{
    typedef unsigned long uniform(long, long, long, long, long, long, long, long);
    uniform *function;

    memcpy(&function, &address, sizeof function);
    return function(0, 0, 0, 0, 0, 0, 0, 0);
}

static void print(const struct function *function, unsigned long value)
{
    if (strcmp(function->kind, "pointer") == 0)
        printf("%s: %s\n", function->name, value == 0 ? "null" : "non-null");
    else if (strcmp(function->kind, "int") == 0)
        printf("%s: %d\n", function->name, (int)value);
    else if (strcmp(function->kind, "short") == 0)
        printf("%s: %d\n", function->name, (int)(unsigned short)value);
    else if (strcmp(function->kind, "byte") == 0)
        printf("%s: %d\n", function->name, (int)(unsigned char)value);
    else if (strcmp(function->kind, "long") == 0)
        printf("%s: %ld\n", function->name, (long)value);
}

/* Calls the functions from `next` on in a child until it dies; returns the index after the last answer. */
static size_t call_in_child(size_t next, unsigned long *values)
{
    size_t got = next;
    int ends[2];
    pid_t pid;

    fflush(stdout);
    if (pipe(ends) != 0 || (pid = fork()) < 0)
        check_give_up("fork");
    if (pid == 0) {
        /* a crash is an answer here: no sanitizer's report of it */
        signal(SIGSEGV, SIG_DFL);
        signal(SIGBUS, SIG_DFL);
        for (; next < count; next++) {
            unsigned long value = 0;

            /* a function that waits for ever ends the child too */
            alarm(20);
            if (functions[next].address != NULL)
                value = call(functions[next].address);
            ERR_clear_error();
            if (write(ends[1], &value, sizeof value) != sizeof value)
                _exit(1);
            /* the system's libssl may be damaged by a call that it was not made for: the next gets a fresh process */
            if (reference)
                _exit(0);
        }
        _exit(0);
    }
    close(ends[1]);
    while (got < count && read(ends[0], &values[got], sizeof *values) == sizeof *values)
        got++;
    close(ends[0]);
    waitpid(pid, NULL, 0);
    return got;
}

int main(void)
{
    static unsigned long values[sizeof functions / sizeof *functions];
    const char *on = getenv("CAPI_ON");
    size_t next = 0;

    reference = on != NULL && strcmp(on, "reference") == 0;
    OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL);
    read_names();
    while (next < count) {
        size_t answered = call_in_child(next, values);

        if (answered == next) {
            if (!reference || (COMPARE && !functions[next].dies))
                printf("%s: died\n", functions[next].name);
            next++;
        }
        for (; next < answered; next++) {
            if (!COMPARE)
                continue;
            if (functions[next].dies && reference)
                printf("%s: marked as dying, but lives\n", functions[next].name);
            else if (!functions[next].dies && !functions[next].later)
                print(&functions[next], values[next]);
        }
    }
    return 0;
}
