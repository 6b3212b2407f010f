#!/usr/bin/perl
# Gives a platform shell commands at an even pace, and tells when each began and how long it took. A program of its own, and
# no JVM: what compiles and collects beside a measurement takes the processor from what is measured.
#
#   pace.pl CONTROL-SOCKET MICROSECONDS
#
# A line of standard input is a command; an empty one only marks the moment; "." is the end of some that are executed now. When
# all are over, each is answered by
#
#   BEGIN TOOK STATUS MESSAGE      nanoseconds of CLOCK_MONOTONIC, nanoseconds, the exit status, what was printed as an error
#
# and not before: who is told wakes up.
use strict;
use warnings;
use IO::Socket::UNIX;
use Time::HiRes qw(clock_gettime clock_nanosleep CLOCK_MONOTONIC TIMER_ABSTIME);

my ($path, $micros) = @ARGV;
my $socket = IO::Socket::UNIX->new(Peer => $path) or die "$path: $!\n";
$| = 1;
my $unread = '';

sub now { return int(clock_gettime(CLOCK_MONOTONIC) * 1e9) }

sub take {
    my ($length) = @_;
    while (length($unread) < $length) {
        sysread($socket, $unread, 65536, length($unread)) or die "$path: the platform has left\n";
    }
    return substr($unread, 0, $length, '');
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

sub pace {
    my $next = now();
    my @answers;
    for my $command (@_) {
        clock_nanosleep(CLOCK_MONOTONIC, $next, TIMER_ABSTIME) if $next > now();
        my $begin = now();
        my ($status, $errors) = $command eq '' ? (0, '') : execute($command);
        my $end = now();
        $errors =~ s/\s+/ /g;
        push @answers, sprintf("%d %d %d %s\n", $begin, $end - $begin, $status, $errors);
        $next += $micros * 1000;
        $next = $end if $next < $end;
    }
    print join('', @answers);
}

my @commands;
while (defined(my $line = <STDIN>)) {
    chomp $line;
    if ($line eq '.') {
        pace(@commands);
        @commands = ();
    } else {
        push @commands, $line;
    }
}
