#!/usr/bin/perl
# Gives a platform shell commands at an even pace, and tells when each began and how long it took. A program of its own, and
# no JVM: what compiles and collects beside a measurement takes the processor from what is measured.
#
#   pace.pl CONTROL-SOCKET MICROSECONDS
#
# A line of standard input is a command; an empty one only marks the moment. Each is answered, when it is over, by
#
#   BEGIN TOOK STATUS MESSAGE      nanoseconds of CLOCK_MONOTONIC, nanoseconds, the exit status, what was printed as an error
use strict;
use warnings;
use IO::Socket::UNIX;
use Time::HiRes qw(clock_gettime clock_nanosleep CLOCK_MONOTONIC TIMER_ABSTIME);

my ($path, $micros) = @ARGV;
my $socket = IO::Socket::UNIX->new(Peer => $path) or die "$path: $!\n";
$| = 1;

sub now { return int(clock_gettime(CLOCK_MONOTONIC) * 1e9) }

sub take {
    my ($length) = @_;
    my $bytes = '';
    while (length($bytes) < $length) {
        sysread($socket, $bytes, $length - length($bytes), length($bytes)) or die "$path: the platform has left\n";
    }
    return $bytes;
}

# Frames: a type, a length of four bytes, the bytes. See launcher.control.Frames.
sub execute {
    my ($command) = @_;
    my $errors = '';
    syswrite($socket, pack('aNa*', 'e', length($command), $command)) or die "$path: $!\n";
    while (1) {
        my ($type, $length) = unpack('aN', take(5));
        my $bytes = take($length);
        return ($bytes, $errors) if $type eq 'q';
        $errors .= $bytes if $type eq 'r';
    }
}

my $next = now();
while (defined(my $command = <STDIN>)) {
    chomp $command;
    clock_nanosleep(CLOCK_MONOTONIC, $next, TIMER_ABSTIME) if $next > now();
    my $begin = now();
    my ($status, $errors) = $command eq '' ? (0, '') : execute($command);
    my $end = now();
    $errors =~ s/\s+/ /g;
    printf "%d %d %d %s\n", $begin, $end - $begin, $status, $errors;
    $next += $micros * 1000;
    $next = $end if $next < $end;
}
