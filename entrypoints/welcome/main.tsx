import { mount } from '@/components/shell/mount'
import { Welcome } from '@/components/welcome/Welcome'

mount(<Welcome />)
