-- GET of one thing after the other, from a chance beginning; arguments: a file of names, the path with a * for one.
require "told"

local paths, number = {}, 0

function init(arguments)
  for name in io.lines(arguments[1]) do paths[#paths + 1] = (arguments[2]:gsub("*", name)) end
  math.randomseed(os.time() + tonumber(arguments[3]))
  number = math.random(#paths)
end

function request()
  number = number % #paths + 1
  return wrk.format("GET", paths[number])
end
