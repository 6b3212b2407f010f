/*
 * Gives a platform shell commands at an even pace, and tells when each began and how long it took. No JVM, which compiles
 * and collects beside a measurement, and no interpreter: whatever it takes of a processor is missing elsewhere.
 *
 *   pace CONTROL-SOCKET
 *
 * A line of standard input is a command; an empty one only marks the moment; ". MICROSECONDS" is the end of some that are
 * executed now, one each so many microseconds if the one before is over. When all are over, each is answered by
 *
 *   BEGIN TOOK STATUS MESSAGE      nanoseconds of CLOCK_MONOTONIC, nanoseconds, the exit status, what was printed as an error
 *
 * Who gives the commands and reads the answers is left QUIET before the first and after the last: it would run beside them.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define NANOS 1000000000ull
#define QUIET (NANOS / 10)
/* Commands that are executed together. */
#define MOST 4096
/* Of a command, and of what is kept of its errors. */
#define LONGEST 512

struct step {
    char command[LONGEST], errors[LONGEST];
    uint64_t begin, end;
    int status;
};

static struct step steps[MOST];
static int server;
static FILE *answers;

static void die(const char *what)
{
    fprintf(stderr, "pace: %s: %s\n", what, errno ? strerror(errno) : "the platform has left");
    exit(1);
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * NANOS + time.tv_nsec;
}

static void sleep_until(uint64_t nanos)
{
    struct timespec time = {.tv_sec = nanos / NANOS, .tv_nsec = nanos % NANOS};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR) {
    }
}

/* Frames: a type, a length of four bytes, big-endian, the bytes. See launcher.control.Frames. */
static void execute(struct step *step)
{
    char frame[5 + LONGEST];
    uint32_t length = strlen(step->command);
    frame[0] = 'e';
    memcpy(frame + 1, &(uint32_t){htonl(length)}, 4);
    memcpy(frame + 5, step->command, length);
    if (write(server, frame, 5 + length) != 5 + length) {
        die("cannot send a command");
    }
    size_t kept = 0;
    for (int type = 0; type != 'q';) {
        char text[LONGEST] = "";
        type = getc(answers);
        if (type == EOF || fread(&length, 4, 1, answers) != 1) {
            die("no answer");
        }
        length = ntohl(length);
        for (uint32_t i = 0; i < length; i++) {
            int byte = getc(answers);
            if (byte == EOF) {
                die("no answer");
            }
            if (i < sizeof(text) - 1) {
                text[i] = byte < ' ' ? ' ' : byte;
            }
        }
        if (type == 'q') {
            step->status = atoi(text);
        } else if (type == 'r') {
            kept += snprintf(step->errors + kept, sizeof(step->errors) - kept, "%s", text);
            kept = kept < sizeof(step->errors) ? kept : sizeof(step->errors) - 1;
        }
    }
}

static void pace(int count, uint64_t pitch)
{
    uint64_t next = now() + QUIET;
    for (int i = 0; i < count; i++) {
        struct step *step = &steps[i];
        sleep_until(next);
        step->begin = now();
        if (step->command[0]) {
            execute(step);
        }
        step->end = now();
        next = next + pitch > step->end ? next + pitch : step->end;
    }
    sleep_until(now() + QUIET);
    for (int i = 0; i < count; i++) {
        const struct step *step = &steps[i];
        printf("%" PRIu64 " %" PRIu64 " %d %s\n", step->begin, step->end - step->begin, step->status, step->errors);
    }
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (argc != 2 || strlen(argv[1]) >= sizeof(address.sun_path)) {
        fprintf(stderr, "use: pace CONTROL-SOCKET\n");
        return 2;
    }
    strcpy(address.sun_path, argv[1]);
    server = socket(AF_UNIX, SOCK_STREAM, 0);
    if (server < 0 || connect(server, (struct sockaddr *)&address, sizeof(address))) {
        die(argv[1]);
    }
    answers = fdopen(server, "r");
    if (!answers) {
        die(argv[1]);
    }
    char line[LONGEST];
    int count = 0;
    while (fgets(line, sizeof(line), stdin)) {
        size_t length = strcspn(line, "\n");
        if (line[length] != '\n') {
            fprintf(stderr, "pace: a command of more than %d bytes\n", LONGEST - 2);
            return 1;
        }
        line[length] = '\0';
        if (strncmp(line, ". ", 2) == 0) {
            pace(count, strtoull(line + 2, NULL, 10) * (NANOS / 1000000));
            count = 0;
        } else if (count < MOST) {
            steps[count] = (struct step){0};
            strcpy(steps[count++].command, line);
        } else {
            fprintf(stderr, "pace: more than %d commands at once\n", MOST);
            return 1;
        }
    }
    return 0;
}
