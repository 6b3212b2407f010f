package vhost.shell.internal;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A usage line such as {@code port-add NAME SOCKET [--client] [--queues N]}, read as the rule that it states.
 *
 * @param text the line
 * @param required names of the arguments that must be there, in order
 * @param optional names of those that may follow
 * @param options each with the name of its value, or with nothing where it takes none
 */
record Usage(String text, List<String> required, List<String> optional, Map<String, String> options) {
    private static final Pattern PART = Pattern.compile("\\[([^]]+)]|(\\S+)");

    static Usage of(String text) {
        List<String> required = new ArrayList<>();
        List<String> optional = new ArrayList<>();
        Map<String, String> options = new LinkedHashMap<>();
        Matcher part = PART.matcher(text.substring(text.contains(" ") ? text.indexOf(' ') : text.length()));
        while (part.find()) {
            if (part.group(2) != null) {
                required.add(part.group(2));
            } else if (part.group(1).startsWith("--")) {
                String[] words = part.group(1).split(" ");
                options.put(words[0], words.length > 1 ? words[1] : "");
            } else {
                optional.add(part.group(1));
            }
        }
        return new Usage(text, required, optional, options);
    }

    /** What each name stands for in {@code words}; flags that are there stand for {@code true}. */
    Arguments parse(List<String> words) {
        Map<String, String> values = new LinkedHashMap<>();
        List<String> names = new ArrayList<>(required);
        names.addAll(optional);
        int next = 0;
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            if (word.startsWith("--")) {
                String value = options.get(word);
                if (value == null) {
                    throw wrong(Near.none("option", word, options.keySet()).getMessage());
                }
                if (!value.isEmpty() && i + 1 == words.size()) {
                    throw wrong(word + " needs " + value);
                }
                values.put(word, value.isEmpty() ? "true" : words.get(++i));
            } else if (next == names.size()) {
                throw wrong("'" + word + "' is too much");
            } else {
                values.put(names.get(next++), word);
            }
        }
        if (next < required.size()) {
            throw wrong("missing " + required.get(next));
        }
        return new Arguments(values);
    }

    private CommandException wrong(String what) {
        return new CommandException(what + "; usage: " + text);
    }

    /** What a command was called with. */
    record Arguments(Map<String, String> values) {
        boolean has(String name) {
            return values.containsKey(name);
        }

        String text(String name) {
            return values.get(name);
        }

        int number(String name, int absent) {
            String value = values.get(name);
            try {
                return value == null ? absent : Integer.parseInt(value);
            } catch (NumberFormatException e) {
                throw new CommandException(name + " '" + value + "' is not a number");
            }
        }
    }
}
