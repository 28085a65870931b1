/*
 * Printing what the library answers, and checking what must hold.
 *
 * A test is one program that prints facts. run.py runs the same binary on the system's libssl and on ours and compares
 * the two outputs, so nothing printed here may depend on addresses, times, file names of the library or line numbers.
 *
 * Environment, set by run.py:
 *   CAPI_LIBSSL_REPORT  file to which the path of every mapped libssl is appended, at start and at exit
 *   CAPI_PKI            folder of the test certificates (see peer.h)
 *   CAPI_PEER_LIBDIR    folder of the libssl for the peer's process (see peer.h)
 *   CAPI_SHORT          set where a test should move less data (under valgrind)
 *   CAPI_SOAK           how many times as much a test of threads should do (run.py --soak)
 */
#ifndef CAPI_TESTS_CHECK_H
#define CAPI_TESTS_CHECK_H

#ifndef _GNU_SOURCE
#error "compile with -D_GNU_SOURCE (dl_iterate_phdr, memfd_create)"
#endif

#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

/* Number of CHECKs that failed; the exit code is nonzero if there is one, whatever main returns. */
static int check_failures;

/* Starts a group of lines; only there to make the output readable. */
#define SECTION(text) printf("== %s\n", (text))

/* Prints an integer of any type as `expression = number`. */
#define SHOW(expr) printf("%s = %ld\n", #expr, (long)(expr))

/* Prints a string in quotes, or (null). */
#define SHOW_STR(expr) check_show_str(#expr, (const char *)(expr))

/* Prints only whether a pointer is null, its value differs from run to run. */
#define SHOW_PTR(expr) printf("%s = %s\n", #expr, (const void *)(expr) == NULL ? "null" : "non-null")

/* Prints `len` bytes in hexadecimal. */
#define SHOW_HEX(label, ptr, len) check_show_hex((label), (ptr), (len))

/* Empties the error queue: a line for each entry, oldest first, with library, reason and the reason's text. */
#define SHOW_ERR() check_show_err(0)

/* As SHOW_ERR, with the additional data that was stored with an entry. */
#define SHOW_ERR_DATA() check_show_err(1)

/* Prints PASS or FAIL and the condition. */
#define CHECK(cond) check_that((cond) ? 1 : 0, #cond, __LINE__)

/* How many rounds a test of threads makes instead of `normal`. */
static inline int check_rounds(int normal)
{
    const char *soak = getenv("CAPI_SOAK");

    if (getenv("CAPI_SHORT") != NULL)
        return (normal + 3) / 4;
    return soak == NULL ? normal : normal * atoi(soak);
}

/* Whether the system's libssl is under test: for what it leaves undefined, and is done with ours alone. */
static inline int check_on_reference(void)
{
    const char *on = getenv("CAPI_ON");

    return on != NULL && strcmp(on, "reference") == 0;
}

static inline void check_show_str(const char *label, const char *text)
{
    if (text == NULL)
        printf("%s = (null)\n", label);
    else
        printf("%s = \"%s\"\n", label, text);
}

static inline void check_show_hex(const char *label, const void *ptr, size_t len)
{
    const unsigned char *bytes = ptr;

    printf("%s =", label);
    if (ptr == NULL)
        printf(" (null)");
    for (size_t i = 0; ptr != NULL && i < len; i++)
        printf("%s%02x", i == 0 ? " " : "", bytes[i]);
    printf(" (%zu bytes)\n", len);
}

static inline void check_print_err(const char *label, unsigned long code, const char *data)
{
    const char *text = ERR_reason_error_string(code);
    char reason[16];

    snprintf(reason, sizeof reason, "%d", ERR_GET_REASON(code));
    /* the reasons of refusals get their numbers in the order of their first use */
    if (text != NULL && strstr(text, "not supported by ferrossl") != NULL)
        strcpy(reason, "refusal");
    printf("%s lib=%d reason=%s (%s)", label, ERR_GET_LIB(code), reason, text == NULL ? "no text" : text);
    if (data != NULL && *data != '\0')
        printf(" data=\"%s\"", data);
    printf("\n");
}

static inline void check_show_err(int with_data)
{
    unsigned long code;
    const char *data = NULL;
    int flags = 0;
    int count = 0;

    while ((code = ERR_get_error_all(NULL, NULL, NULL, &data, &flags)) != 0) {
        check_print_err("  err", code, with_data && (flags & ERR_TXT_STRING) != 0 ? data : NULL);
        count++;
    }
    if (count == 0)
        printf("  err none\n");
}

static inline int check_that(int holds, const char *text, int line)
{
    printf("%s %s\n", holds ? "PASS" : "FAIL", text);
    if (!holds) {
        check_failures++;
        fprintf(stderr, "line %d: %s does not hold\n", line, text);
    }
    return holds;
}

/* Ends the program when the test itself cannot go on (no memory, no certificate file); never used for an answer under test. */
static inline void check_give_up(const char *what)
{
    fflush(stdout);
    fprintf(stderr, "cannot go on: %s\n", what);
    ERR_print_errors_fp(stderr);
    fflush(stderr);
    _exit(99);
}

static inline int check_report_object(struct dl_phdr_info *info, size_t size, void *arg)
{
    const char *base = strrchr(info->dlpi_name, '/');
    int *fd = arg;

    (void)size;
    base = base == NULL ? info->dlpi_name : base + 1;
    if (strncmp(base, "libssl.", 7) == 0)
        dprintf(*fd, "libssl %s\n", info->dlpi_name);
    else if (strncmp(base, "libasan.", 8) == 0)
        dprintf(*fd, "libasan %s\n", info->dlpi_name);
    return 0;
}

/* Tells run.py which libssl this process really has. */
static inline void check_report_libraries(const char *when)
{
    const char *path = getenv("CAPI_LIBSSL_REPORT");
    int fd;

    if (path == NULL || (fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) < 0)
        return;
    dprintf(fd, "%s\n", when);
    dl_iterate_phdr(check_report_object, &fd);
    close(fd);
}

__attribute__((constructor)) static void check_begin(void)
{
    /* a crash must not swallow the lines printed before it */
    setvbuf(stdout, NULL, _IOLBF, 1 << 12);
    check_report_libraries("start");
}

__attribute__((destructor)) static void check_end(void)
{
    check_report_libraries("exit");
    fflush(stdout);
    if (check_failures > 0)
        _exit(1);
}

#endif
