-- The same GET again and again.
require "told"
