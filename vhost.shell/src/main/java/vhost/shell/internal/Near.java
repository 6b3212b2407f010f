package vhost.shell.internal;

import java.util.Collection;
import java.util.List;

/** What somebody who mistyped a name probably meant. */
final class Near {
    private Near() {}

    /** No {@code kind} of that name: the ones it resembles, or else all that there are. */
    static CommandException none(String kind, String name, Collection<String> names) {
        List<String> near = names.stream()
                .filter(other -> distance(name.toLowerCase(), other.toLowerCase()) <= 1 + name.length() / 4
                        || (!name.isEmpty() && other.toLowerCase().startsWith(name.toLowerCase())))
                .toList();
        String hint = names.isEmpty()
                ? "there is none"
                : near.isEmpty()
                        ? "there are " + String.join(", ", names)
                        : "did you mean " + String.join(" or ", near) + "?";
        return new CommandException("no " + kind + " '" + name + "'; " + hint);
    }

    /** How many letters have to be added, removed, changed, or exchanged with the next, to make one the other. */
    static int distance(String from, String to) {
        int[][] cost = new int[from.length() + 1][to.length() + 1];
        for (int i = 0; i <= from.length(); i++) {
            for (int j = 0; j <= to.length(); j++) {
                if (i == 0 || j == 0) {
                    cost[i][j] = i + j;
                    continue;
                }
                int changed = from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1;
                cost[i][j] = Math.min(cost[i - 1][j - 1] + changed, 1 + Math.min(cost[i - 1][j], cost[i][j - 1]));
                if (i > 1
                        && j > 1
                        && from.charAt(i - 1) == to.charAt(j - 2)
                        && from.charAt(i - 2) == to.charAt(j - 1)) {
                    cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
                }
            }
        }
        return cost[from.length()][to.length()];
    }
}
