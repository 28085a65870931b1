-- As much of JSON as the scripts beside this one need: no escapes but \" \\ \/ and \n, no null.
local json = {}

local function string(text)
  return '"' .. text:gsub('[\\"]', "\\%0"):gsub("\n", "\\n") .. '"'
end

function json.encode(value)
  if type(value) ~= "table" then
    return type(value) == "string" and string(value) or tostring(value)
  end
  local parts, names = {}, {}
  if #value > 0 then
    for number, one in ipairs(value) do parts[number] = json.encode(one) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for name in pairs(value) do names[#names + 1] = name end
  table.sort(names)
  for number, name in ipairs(names) do parts[number] = string(name) .. ":" .. json.encode(value[name]) end
  return "{" .. table.concat(parts, ",") .. "}"
end

local decode

-- Elements up to the closing mark; `one` reads an element and puts it into its place.
local function elements(text, at, close, one)
  local made = {}
  at = text:find("%S", at)
  while text:sub(at, at) ~= close do
    at = text:find("%S", one(made, at))
    if text:sub(at, at) == "," then at = text:find("%S", at + 1) end
  end
  return made, at + 1
end

function decode(text, at)
  at = text:find("%S", at)
  local first = text:sub(at, at)
  if first == "{" then
    return elements(text, at + 1, "}", function(made, from)
      local name, value
      name, from = decode(text, from)
      value, from = decode(text, text:find(":", from, true) + 1)
      made[name] = value
      return from
    end)
  elseif first == "[" then
    return elements(text, at + 1, "]", function(made, from)
      made[#made + 1], from = decode(text, from)
      return from
    end)
  elseif first == '"' then
    local stop = at + 1
    while text:sub(stop, stop) ~= '"' do stop = stop + (text:sub(stop, stop) == "\\" and 2 or 1) end
    local value = text:sub(at + 1, stop - 1):gsub("\\n", "\n"):gsub("\\(.)", "%1")
    return value, stop + 1
  end
  local word, after = text:match("^([%w%.+-]+)()", at)
  if word == "true" or word == "false" then return word == "true", after end
  return tonumber(word), after
end

function json.decode(text)
  return (decode(text, 1))
end

return json
